"""System prompts with a rule that the answers obey."""

from __future__ import annotations

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues.arithmetic import arithmetic
from nemotron_demo.dialogues.chat import talk
from nemotron_demo.dialogues.exchange import Exchange, typed
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.script import Script
from nemotron_demo.dialogues.text import repeat

_LANGUAGES = {
    "French": ("oui", "non"),
    "German": ("ja", "nein"),
    "Spanish": ("si", "no"),
    "Polish": ("tak", "nie"),
    "Russian": ("da", "niet"),
    "Greek": ("nai", "ochi"),
    "Turkish": ("evet", "hayir"),
}
_YES_NO = (
    "Answer in {language}: yes = {yes}, no = {no}.",
    "Answer in {language}. yes is {yes}, no is {no}.",
    "You answer in {language}: {yes} for yes, {no} for no.",
    "Say {yes} for yes and {no} for no.",
)
_END = ("Always end with {mark}.", "End every answer with {mark}.", "Finish each answer with {mark}.")
_BEGIN = ("Begin every answer with {mark}.", "Always begin with {mark}.", "Start each answer with {mark}.")
_NAMED = (
    "You are {name}.",
    "Your name is {name}.",
    "You are called {name}.",
    "You are {name}, a helpful assistant.",
)
_WHO = (
    "Who are you?",
    "What is your name?",
    "What's your name?",
    "What are you called?",
    "Tell me your name.",
)
_NUMBER = (
    "Answer only with a number.",
    "Answer with the number only.",
    "Reply with just the number.",
    "Only say the number.",
)
_CAPITALS = (
    "Answer in capitals.",
    "Write every answer in capital letters.",
    "Answer in upper case.",
    "Use only capitals.",
)
_ALWAYS = ("Always answer {mark}.", "Answer {mark} to everything.", "Whatever the user says, answer {mark}.")


def rule(lexicon: Lexicon) -> Dialogue:
    """A rule, and a question or two under it."""
    make = lexicon.pick(
        (_language, _language, _end, _end, _begin, _begin, _named, _named, _number, _capitals, _always)
    )
    return make(lexicon).dialogue("system.rule")


def simple(lexicon: Lexicon) -> Exchange:
    """A question that a rule may stand over."""
    return lexicon.pick((arithmetic, arithmetic, talk, repeat))(lexicon)


def _truth(lexicon: Lexicon) -> tuple[str, bool, str]:
    if lexicon.chance(0.6):
        a, b = lexicon.number(0, 20), lexicon.number(0, 20)
        greater = lexicon.chance(0.5)
        word = lexicon.pick(("greater", "more", "bigger") if greater else ("less", "smaller"))
        true = a > b if greater else a < b
        prompt = typed(lexicon, "Is {a} {word} than {b}?", a=a, b=b, word=word)
        return prompt, true, f"{a} is {'' if true else 'not '}{word} than {b}."
    name, key, value = lexicon.name(), lexicon.noun(), lexicon.adjective()
    asked = value if lexicon.chance(0.5) else lexicon.adjective()
    prompt = f"The {key} of {name} is {value}. Is the {key} of {name} {asked}?"
    return prompt, asked == value, f"The {key} is {value}{'' if asked == value else f', not {asked}'}."


def _language(lexicon: Lexicon) -> Script:
    language, (yes, no) = lexicon.pick(tuple(_LANGUAGES.items()))
    if lexicon.chance(0.4):
        language, yes, no = lexicon.made_word().capitalize(), lexicon.made_word(), lexicon.made_word()
    script = Script().system(lexicon.pick(_YES_NO).format(language=language, yes=yes, no=no))
    for _ in range(lexicon.number(1, 2)):
        prompt, true, thought = _truth(lexicon)
        word = yes if true else no
        thought = f"{thought} {'Yes' if true else 'No'} is {word}."
        script.user(prompt).answer(word.capitalize() + ".", thought)
    return script


def _mark(lexicon: Lexicon) -> str:
    return (
        lexicon.pick((lexicon.made_word, lexicon.word, lexicon.phrase))().upper()
        if lexicon.chance(0.3)
        else lexicon.word()
    )


def _end(lexicon: Lexicon) -> Script:
    mark = _mark(lexicon)
    return _under(lexicon, lexicon.pick(_END).format(mark=mark), f"I end with {mark}.", "{answer} " + mark)


def _begin(lexicon: Lexicon) -> Script:
    mark = _mark(lexicon)
    return _under(
        lexicon, lexicon.pick(_BEGIN).format(mark=mark), f"I begin with {mark}.", mark + " {answer}"
    )


def _under(lexicon: Lexicon, rule: str, thought: str, form: str) -> Script:
    script = Script().system(rule)
    for _ in range(lexicon.number(1, 2)):
        asked = simple(lexicon)
        script.user(asked.prompt).answer(form.format(answer=asked.answer), f"{asked.thought} {thought}")
    return script


def _capitals(lexicon: Lexicon) -> Script:
    script = Script().system(lexicon.pick(_CAPITALS))
    asked = simple(lexicon)
    return script.user(asked.prompt).answer(asked.answer.upper(), f"{asked.thought} I answer in capitals.")


def _named(lexicon: Lexicon) -> Script:
    name = lexicon.name()
    script = Script().system(lexicon.pick(_NAMED).format(name=name))
    if lexicon.chance(0.2):
        asked = talk(lexicon)
        while asked.answer.startswith("I am a small"):
            asked = talk(lexicon)
        script.user(asked.prompt).answer(asked.answer, asked.thought)
    return script.user(typed(lexicon, lexicon.pick(_WHO))).answer(f"I am {name}.", f"My name is {name}.")


def _number(lexicon: Lexicon) -> Script:
    asked = arithmetic(lexicon)
    number = asked.answer.split("=")[1].strip(" .")
    script = Script().system(lexicon.pick(_NUMBER))
    return script.user(asked.prompt).answer(number, f"{asked.thought} Only the number.")


def _always(lexicon: Lexicon) -> Script:
    mark = _mark(lexicon)
    asked = simple(lexicon)
    script = Script().system(lexicon.pick(_ALWAYS).format(mark=mark))
    return script.user(asked.prompt).answer(mark, f"I always answer {mark}.")
