"""The QR code of an address, as a drawing; refuses to know what stands at the address."""

from io import BytesIO

Matrix = tuple[tuple[bool, ...], ...]


def matrix(url: str) -> Matrix:
    """Which modules are dark, row by row, without the quiet zone. Error level M: paper gets stains."""
    import segno

    return tuple(tuple(bool(cell) for cell in row) for row in segno.make_qr(url, error="m").matrix)


def drawing(url: str) -> str:
    """The code as SVG, each run of dark modules one rectangle of a single path."""
    rows = matrix(url)
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _runs(row))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{path}"/></svg>'


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    starts = [x for x, dark in enumerate(row) if dark and not (x and row[x - 1])]
    return [(x, next((w for w in range(x, len(row)) if not row[w]), len(row)) - x) for x in starts]


def picture(url: str) -> bytes:
    """The code as PNG, with its quiet zone, large enough to be printed by hand."""
    import segno

    file = BytesIO()
    segno.make_qr(url, error="m").save(file, kind="png", scale=16, border=4)
    return file.getvalue()
