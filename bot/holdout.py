"""Who of a broadcast's audience gets nothing, so that the others can be compared with them: the same people each time it is asked.

A hash of the donor's id, keyed by the broadcast, of plain arithmetic below 2**63: the database computes it too, for a
million donors at once. A fifth power permutes the numbers below this prime, so the groups are even, and those of two
broadcasts have no more in common than chance gives them.
"""

from hashlib import blake2b

from msgspec import Struct

PRIME = 2**31 - 1
HUNDRED = 100


class Key(Struct, frozen=True):
    factor: int
    offset: int


def key_of(broadcast_id: int) -> Key:
    digest = blake2b(b"holdout %d" % broadcast_id, digest_size=16).digest()
    halves = (int.from_bytes(digest[:8]), int.from_bytes(digest[8:]))
    return Key(1 + halves[0] % (PRIME - 1), halves[1] % PRIME)


def is_held(broadcast_id: int, donor_id: int, percent: int) -> bool:
    key = key_of(broadcast_id)
    mixed = pow(donor_id * key.factor + key.offset, 5, PRIME)
    return mixed % HUNDRED < percent
