"""`python -m benchmarks.charts`: the chart of /stats in every language as PNG in docs/pictures, to be looked at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.figures import Funnel, Group, Stats, Step
from bot.i18n import Catalogues
from bot.money import Money
from bot.papers.printing import render_chart

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
TITLES = {
    "ar": {"aid": "جمعيات المساعدة الإنسانية", "startups": "المقاولات الناشئة المتضررة"},
    "fr": {"aid": "Associations d'aide humanitaire", "startups": "Startups touchées par l'arrêt"},
    "en": {"aid": "Humanitarian aid organisations", "startups": "Startups hit by the shutdown"},
}


def stats() -> Stats:
    last = date(2026, 11, 27)
    days = tuple((last - timedelta(days=29 - at), at * 7 % 23 + (12 if at > 20 else 0)) for at in range(30))
    mad, eur = Money(1842000, "MAD"), Money(63050, "EUR")
    return Stats(
        days[0][0],
        last,
        None,
        days,
        (Group("aid", 297, (eur, mad)), Group("startups", 142, (Money(905000, "MAD"),))),
        (
            Group("", 187, (eur, mad)),
            Group("radio", 160, (Money(700000, "MAD"),)),
            Group("poster-rabat", 92, (Money(205000, "MAD"),)),
        ),
        Funnel(
            {Step.START: 1204, Step.CAMPAIGN: 871, Step.AMOUNT: 640, Step.PAGE: 507}, 448, date(2026, 11, 1)
        ),
    )


def main() -> None:
    for language, titles in TITLES.items():
        words = Catalogues("fr").words(language)
        file = FOLDER / f"chart-{language}.png"
        file.write_bytes(render_chart(words, stats(), titles, NOW))
        print(file)


if __name__ == "__main__":
    main()
