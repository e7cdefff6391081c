"""Files as accidents leave them: cut, overwritten, with a piece lost, twice or another number."""

from hypothesis import strategies as st

NUMBERS = (
    0,
    1,
    2,
    3,
    127,
    128,
    255,
    256,
    65535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**63,
    2**64 - 1,
)
HEAD = 300  # bytes, within which most formats say what follows


def places(content: bytes) -> st.SearchStrategy[int]:
    """Where to change something: in the head as often as anywhere."""
    end = len(content)
    return st.one_of(st.integers(0, min(HEAD, end)), st.integers(0, end))


@st.composite
def edited(draw: st.DrawFn, content: bytes) -> bytes:
    """The content after one accident."""
    at, to = draw(places(content)), draw(places(content))
    what = draw(st.sampled_from(["overwrite", "number", "cut", "lose", "insert", "repeat"]))
    if what == "overwrite":
        piece = draw(st.binary(min_size=1, max_size=8))
        return content[:at] + piece + content[at + len(piece) :]
    if what == "number":
        size = draw(st.sampled_from([1, 2, 4, 8]))
        number = draw(st.sampled_from(NUMBERS)) % 256**size
        piece = number.to_bytes(size, draw(st.sampled_from(["little", "big"])))
        return content[:at] + piece + content[at + size :]
    if what == "cut":
        return content[:at]
    if what == "lose":
        return content[: min(at, to)] + content[max(at, to) :]
    if what == "insert":
        return content[:at] + draw(st.binary(max_size=64)) + content[at:]
    return content[:at] + content[to:]


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content after one to three accidents; seldom something else altogether."""
    for _ in range(draw(st.integers(1, 3))):
        content = draw(edited(content))
    return content if draw(st.integers(0, 19)) else draw(st.binary(max_size=64))
