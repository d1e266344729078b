"""Small sums, worked out step by step."""

from __future__ import annotations

from nemotron_demo.dialogues.exchange import Exchange, typed
from nemotron_demo.dialogues.lexicon import Lexicon

_ASKS = (
    "What is {a} {sign} {b}?",
    "Calculate {a} {sign} {b}.",
    "{a} {sign} {b}",
    "{a}{sign}{b}",
    "{a} {sign} {b} = ?",
    "{a}{sign}{b}=",
    "How much is {a} {sign} {b}?",
    "What's {a}{sign}{b}?",
    "Compute {a} {sign} {b}.",
    "What is {a} {word} {b}?",
    "How much is {a} {word} {b}?",
    "{a} {word} {b}",
)
_STORIES = {
    "+": (
        "If I have {a} {noun}s and get {b} more, how many do I have?",
        "I have {a} {noun}s. {name} gives me {b}. How many do I have now?",
        "There are {a} {noun}s and {b} {other}s. How many things are there?",
        "Add {b} to {a}.",
        "What is the sum of {a} and {b}?",
    ),
    "-": (
        "I have {a} {noun}s and lose {b}. How many are left?",
        "{name} has {a} {noun}s and gives away {b}. How many are left?",
        "Take {b} from {a}.",
        "Subtract {b} from {a}.",
    ),
    "*": (
        "There are {a} boxes with {b} {noun}s each. How many {noun}s?",
        "Multiply {a} by {b}.",
        "What is the product of {a} and {b}?",
    ),
    "/": (
        "{a} {noun}s are shared by {b} people. How many does each get?",
        "Divide {a} by {b}.",
    ),
}
_WORDS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_SHOWN = {"+": ("+",), "-": ("-",), "*": ("*", "*", "x"), "/": ("/", "/", ":")}


_SEVERAL = ("Calculate {sums}.", "What are {sums}?", "{sums}", "Compute {sums}.", "Solve {sums}.")


def arithmetic(lexicon: Lexicon) -> Exchange:
    """A sum or difference of numbers up to 50, a product up to 10 * 10, or such a quotient; or several."""
    if lexicon.chance(0.3):
        return _several(lexicon)
    sign = lexicon.pick("++--**/")
    a, b, value = _operands(lexicon, sign)
    form = lexicon.pick(_STORIES[sign] if lexicon.chance(0.3) else _ASKS)
    noun, other = lexicon.noun(), lexicon.noun()
    prompt = typed(
        lexicon,
        form,
        a=a,
        b=b,
        sign=lexicon.pick(_SHOWN[sign]),
        word=_WORDS[sign],
        name=lexicon.name(),
        noun=noun,
        other=other,
    )
    return Exchange("arithmetic", prompt, thought_of(sign, a, b), f"{a} {sign} {b} = {value}.")


def _several(lexicon: Lexicon) -> Exchange:
    """Many small sums in few words: most of what is said is results."""
    drawn = [
        (sign, *_operands(lexicon, sign)) for sign in lexicon.rng.choices("++--**/", k=lexicon.number(2, 6))
    ]
    sums = [f"{a} {sign} {b}" for sign, a, b, _ in drawn]
    solved = [f"{a} {sign} {b} = {value}" for sign, a, b, value in drawn]
    prompt = typed(lexicon, lexicon.pick(_SEVERAL), sums=", ".join(sums))
    return Exchange("arithmetic", prompt, f"There are {len(drawn)} sums.", ", ".join(solved) + ".")


def _operands(lexicon: Lexicon, sign: str) -> tuple[int, int, int]:
    if sign in "*/":
        a, b = lexicon.number(1, 10), lexicon.number(1, 10)
        return (a, b, a * b) if sign == "*" else (a * b, b, a)
    most = lexicon.pick((10, 20, 20, 50))
    a, b = lexicon.number(0, most), lexicon.number(0, most)
    if sign == "+":
        return a, b, a + b
    a, b = max(a, b), min(a, b)
    return a, b, a - b


def thought_of(sign: str, a: int, b: int) -> str:
    """The steps from the operands to the result."""
    if sign == "*":
        return f"{a} * {b} = {a * b}."
    if sign == "/":
        return f"{a // b} * {b} = {a}, so {a} / {b} = {a // b}."
    if a < 10 and b < 10:
        return f"{a} {sign} {b} = {a + b if sign == '+' else a - b}."
    ones_a, ones_b = a % 10, b % 10
    if sign == "+":
        ones, tens = ones_a + ones_b, a - ones_a + b - ones_b
        return (
            f"{ones_a} + {ones_b} = {ones}, {a - ones_a} + {b - ones_b} = {tens}, {tens} + {ones} = {a + b}."
        )
    left = a - (b - ones_b)
    return f"{a} - {b - ones_b} = {left}, {left} - {ones_b} = {a - b}."
