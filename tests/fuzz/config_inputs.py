"""Configurations and claims as strangers may write them: those there are, changed at random."""

import copy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

PRESETS = Path(__file__).parents[2] / "config"
# One study of every kind of key, so that a change is likely to meet each of them.
SMALL: dict[str, Any] = {
    "title": "Small",
    "device": "cpu",
    "jobs": {"classes": 1, "seeds": 5},
    "replace": {"letters": "mine"},
    "folders": {"mnist": "data/mnist"},
    "claims": {
        "paper": True,
        "data": {"pets": "mine"},
        "own": {
            "D1": {
                **{"claim": "Ours.", "status": "inferred", "source": "us", "tolerance": "1 (ours)"},
                **{"data": {"pets": "mine"}, "asked_of": "pair"},
                "check": {
                    "all_of": [
                        {
                            "better": {"objective": "hsc", "norm": "l1"},
                            "than": ["bce", "focal"],
                            "by": -1,
                            "where": {"oe_size": {"at_least": 2, "from_some": True}},
                        },
                        {"rises": ["hsc", "bce"], "over": "oe_size"},
                        {"any_of": [{"insensitive": "focal", "to": "gamma", "within": 1}]},
                    ]
                },
                "stricter": {"exceeds": "hsc", "baseline": "kde", "where": {"blur": 0.5}},
            },
            "D2": {
                **{"claim": "Theirs.", "status": "verified", "source": "p. 3", "check": None},
                **{"data": {"pets": "mine"}, "beyond": "It is about dreams.", "note": "No."},
            },
        },
    },
    "published": "all",
    "datasets": {
        "pets": {
            "source": {"kind": "arrays", "path": "pets.npz", "train": ["x", "y"]},
            "image": [1, 16, 16],
            "classes": ["cat", "dog"],
            "train": [60, 50],
            "test": 10,
        },
        "mine": {
            "source": {
                "kind": "idx",
                "archive": "all.zip",
                "train": ["a/images.gz", "a/labels.gz"],
                "test": None,
                "downloads": [
                    {"file": "all.zip", "urls": ["https://example.org/all.zip"], "md5": "0" * 32}
                ],
            },
            "image": [1, 16, 16],
            "classes": ["cup", "lamp"],
            "train": 25,
        },
        "features": {
            "source": {"kind": "vectors", "path": "f.npz", "train": ["x", "y"]},
            "vector": 512,
            "classes": ["a", "b"],
            "train": 64,
            "test": 5,
        },
        "others": {"source": {"kind": "vectors", "path": "o.npy"}, "vector": 512, "train": 99},
        "photos": {
            "source": {"kind": "folder", "train": "~/photos", "test": "t", "leave_out": ["no"]},
            "image": [3, 32, 32],
            "fit": 40,
            "classes": ["a", "b"],
            "train": 64,
            "test": 5,
        },
    },
    "recipes": {
        "own": {"network": "digits_lenet", "epochs": 9, "milestones": [3, 6], "batch": 16},
        "head": {
            **{"network": "linear", "epochs": 9, "steps": 5, "batch": 16, "milestones": []},
            **{"schedule": "cosine", "l2": True, "standardise": True},
        },
    },
    "studies": {
        "one": {
            "title": "One",
            "dataset": "pets",
            "oe": "mine",
            "objectives": ["hsc", "bce", "focal", "kde"],
            "normal_classes": ["cat", 1],
            "sweep": {"oe_size": [1, 8, "all"], "recipe": ["own", {"name": "own", "epochs": 8}]},
            "blur": 0.5,
            "seeds": 3,
            "up_to_pool": True,
            "draw": {"curve": "oe_size", "table": "oe_size", "look": {"oe_size": "all"}},
        },
        "two": {
            "title": "Two",
            "dataset": "digits",
            "objectives": ["dsvdd", "isolation_forest"],
            "recipe": {"name": "own", "learning_rate": 0.01, "mean": [0.5], "std": [0.25]},
            "seeds": [1, 5],
            "sweep": {"norm": ["l1", "l2"]},
        },
        "three": {
            "title": "Three",
            "dataset": "features",
            "oe": "others",
            "objectives": ["hsc", "knn"],
            "recipe": {"name": "head", "steps": 4},
            "seeds": 1,
            "sweep": {"network": ["mlp", "linear"]},
        },
    },
}
WORDS = (
    *("", " ", "all", "none", "no", "on", "null", "~", "digits", "hsc", "toy", "l1", "kde"),
    *("..", "../../etc", "/", "/etc/passwd", "~nobody/x", "a/b", "a\\b", ".hidden", "-rf", "a~b"),
    *("$(touch x)", "`id`", "; id", "' \"", "{x}", "{{ 7 * 7 }}", "{% raw %}", "$x^2$", "<b>", "%"),
    *("a\nb", "a\0b", "\x1b[31m", "\u202eabc", "\ud800", "\ufeff", "\u00e9", "\U0001d538"),
    *("x" * 300, "x" * 20_000, "file:///etc/passwd", "http://a b", "https://example.org/x"),
    *("2024-01-01", "1e3", "1e999", "0x10", "0o17", "1_000", "9" * 5000, "nan"),
)
NUMBERS = (
    *(-1, 0, 1, 2, 3, 31, 255, 256, 10**6, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 10**30, 10**4000),
    *(-0.0, 0.5, 1e-300, 1e-7, 1e300, float("inf"), float("-inf"), float("nan"), True, False, None),
)
LISTS: tuple[Any, ...] = (
    *([], [[]], {}, {"a": {}}, {"": 1}, [None], [1, "a", 2.5], {1: 2}, ["x"] * 3, ["x" * 300] * 9),
    *([0] * 2000, [*range(2000)], [f"c{n}" for n in range(2000)], [{}] * 1000, [["l1"]]),
    *({f"k{n}": n for n in range(1000)}, {"x" * 1000: 1}, {"name": "digits", "epochs": 5}),
)
junk = st.one_of(
    *(st.sampled_from(each) for each in (WORDS, NUMBERS, LISTS)),
    *(st.text(max_size=20), st.integers(), st.floats()),
    st.recursive(
        st.sampled_from(WORDS + NUMBERS),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    ),
)


def places(content: Any) -> list[tuple[Any, Any]]:
    """Every value of a configuration, as what holds it and its key there."""
    keys = content if isinstance(content, dict) else range(len(content))
    found = [(content, key) for key in keys]
    inside = [each for each in map(content.__getitem__, keys) if isinstance(each, dict | list)]
    return found + [place for each in inside for place in places(each)]


def changed(draw: st.DrawFn, content: Any) -> None:
    """Change a content at one place."""
    here = places(content)
    if not here:
        return
    holder, key = here[draw(st.integers(0, len(here) - 1))]
    match draw(st.integers(0, 5)):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.extend(holder * draw(st.sampled_from([1, 100])))
        case 1:  # the same under another name too
            holder[draw(st.sampled_from(WORDS) | st.text(max_size=8))] = copy.deepcopy(holder[key])
        case 2:  # what stands elsewhere
            other, there = here[draw(st.integers(0, len(here) - 1))]
            holder[key] = copy.deepcopy(other[there])
        case 3:
            holder[key] = [holder[key]]
        case _:
            holder[key] = copy.deepcopy(draw(junk))


def written(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@st.composite
def contents(draw: st.DrawFn, originals: list[Any]) -> str:
    """One of these contents with some changes, as YAML."""
    content = copy.deepcopy(originals[draw(st.integers(0, len(originals) - 1))])
    for _ in range(draw(st.integers(1, 4))):
        changed(draw, content)
    return yaml.dump(content, Dumper=Plain, sort_keys=False, allow_unicode=draw(st.booleans()))


class Plain(yaml.SafeDumper):
    """Without aliases: they are a change of their own."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Each list is nine times the one before: 9^9 values.
BOMB = f"[&a0 x, {', '.join(f'&a{n + 1} [{nine}]' for n in range(9) if (nine := f'*a{n},' * 9))}]"
TOKENS = (
    *(
        "!!timestamp ",
        "!!bool ",
        "!!int a",
        "!!python/name:os.system ",
        "!x ",
        "!!binary ",
        "!!set",
    ),
    *(
        "&a ",
        "*a",
        "<<: ",
        "? ",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "{{",
        ",",
        "#",
        "|",
        ">",
        "'",
        '"',
    ),
    *(
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\n",
        "\n  ",
        "\\",
        "@",
        "`",
        "=",
        "~",
        "\x07",
        "\ufeff",
    ),
    *("no", "on", "Yes", "2024-01-01", "2024-13-45", "1:30", "1:30.5", "010", "0b_", "0b1", "0x_"),
    *("0o17", "1e3", ".inf", "-.INF", ".nan", "9" * 5000, "x" * 5000, "[" * 600, "{a: " * 600),
    *("&a [*a]", BOMB),
)


@st.composite
def texts(draw: st.DrawFn, originals: list[str]) -> str:
    """One of these texts, cut and with words of YAML between its own."""
    text = originals[draw(st.integers(0, len(originals) - 1))]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 5, 50]))
        text = (
            text[:start]
            + draw(st.sampled_from(TOKENS) | st.text(max_size=5))
            + text[start + length :]
        )
    return text


def preset(file: Path) -> Any:
    """A preset with a seed for each study: more take time and say nothing else."""
    content = written(file)
    return content | {"studies": {k: v | {"seeds": 1} for k, v in content["studies"].items()}}


FILES = sorted(PRESETS.glob("*.yaml"))
ORIGINALS = [SMALL] * len(FILES) + [preset(file) for file in FILES]
TEXTS = [yaml.dump(each, Dumper=Plain, sort_keys=False) for each in ORIGINALS]
configurations = contents(ORIGINALS) | texts(TEXTS)
