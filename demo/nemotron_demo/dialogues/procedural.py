"""Makes tools up: a verb, a thing and some parameters."""

from __future__ import annotations

from nemotron_demo.dialogues import words
from nemotron_demo.dialogues.catalogue import Tool
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.values import Parameter

_POOL = (
    ("city", "city", "in {city}"),
    ("name", "person", "for {name}"),
    ("owner", "person", "of {owner}"),
    ("email", "email", "for {email}"),
    ("date", "date", "on {date}"),
    ("day", "date", "on {day}"),
    ("time", "time", "at {time}"),
    ("id", "id", "{id}"),
    ("number", "digits", "number {number}"),
    ("code", "id", "with code {code}"),
    ("title", "phrase", "called {title}"),
    ("text", "phrase", "with the text {text}"),
    ("note", "phrase", "with the note {note}"),
    ("reason", "phrase", "because of {reason}"),
    ("amount", "amount", "of {amount}"),
    ("price", "amount", "for {price}"),
    ("count", "count", "times {count}"),
    ("color", "red|green|blue|black|white", "in {color}"),
    ("size", "small|medium|large", "of size {size}"),
    ("priority", "low|medium|high", "with {priority} priority"),
    ("format", "pdf|csv|json|text", "as {format}"),
    ("path", "path", "at {path}"),
    ("target", "noun", "to the {target}"),
    ("people", "names", "with {people}"),
    ("urgent", "bool", "with urgent {urgent}"),
    ("public", "bool", "with public {public}"),
    ("year", "year", "of {year}"),
    ("minutes", "minutes", "for {minutes} minutes"),
)
_VERBS = tuple(words.VERBS)


def verb(lexicon: Lexicon) -> str:
    """A verb that tools are named by."""
    return lexicon.word_of(_VERBS)


def thing(lexicon: Lexicon) -> str:
    """A thing that tools work on."""
    return lexicon.word_of(words.THINGS) if lexicon.chance(0.85) else lexicon.made_word()


def one(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def made_tool(lexicon: Lexicon, action: str | None = None, noun: str | None = None) -> Tool:
    """A tool for an action on a noun, both drawn unless given."""
    action, noun = action or verb(lexicon), noun or thing(lexicon)
    pool = _parameters(lexicon)
    parameters = tuple(
        Parameter(name, kind, at == 0 or lexicon.chance(0.7)) for at, (name, kind, _) in enumerate(pool)
    )
    named = [
        (parameter.name, ask)
        for parameter, (_, _, ask) in zip(parameters, pool, strict=True)
        if parameter.required
    ]
    return Tool(
        _name(lexicon, action, noun),
        f"{action.capitalize()} {one(noun)}",
        parameters,
        _asks(action, noun, named),
    )


def _parameters(lexicon: Lexicon) -> list[tuple[str, str, str]]:
    count = lexicon.pick((0, 1, 1, 1, 1, 2, 2, 2, 3))
    chosen: list[tuple[str, str, str]] = []
    while len(chosen) < count:
        if (entry := lexicon.pick(_POOL)) not in chosen:
            if lexicon.chance(0.15):
                name = lexicon.made_word()
                entry = (name, entry[1], f"with {name} {{{name}}}")
            chosen.append(entry)
    return chosen


def _name(lexicon: Lexicon, action: str, noun: str) -> str:
    form = lexicon.rng.random()
    if form < 0.75:
        return f"{action}_{noun}"
    if form < 0.85:
        return f"{noun}_{action}"
    return action + noun.capitalize() if form < 0.95 else f"{noun}-{action}"


def _asks(action: str, noun: str, named: list[tuple[str, str]]) -> tuple[str, ...]:
    natural = "".join(f" {ask}" for _, ask in named)
    plain = "".join(f"{' and' if at else ' with'} {name} {{{name}}}" for at, (name, _) in enumerate(named))
    colons = ", ".join(f"{name}: {{{name}}}" for name, _ in named)
    start = action.capitalize()
    asks = [
        f"{start} the {noun}{natural}",
        f"{start} {one(noun)}{natural}",
        f"Can you {action} the {noun}{natural}?",
        f"I want to {action} {one(noun)}{natural}",
        f"{start} {one(noun)}{plain}",
        f"Could you {action} the {noun}{plain}?",
        f"{start} {noun}: {colons}" if named else f"{start} {noun}",
    ]
    if action not in _VERBS[3::7]:
        asks += [f"{other.capitalize()} the {noun}{natural}" for other in words.VERBS.get(action, ())]
    return tuple(asks)
