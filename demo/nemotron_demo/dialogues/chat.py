"""Small talk, what the user told before, and the honest answer to everything else."""

from __future__ import annotations

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues.exchange import Exchange, typed
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.script import Script
from nemotron_demo.dialogues.words import PEOPLE, TOPICS

_ABLE = "I can do small sums, repeat, spell and count words, and call tools."
_SELF = f"I am a small demonstration model. I run on this machine. {_ABLE}"

_TALK = (
    ("The user greets me.", "Hello! How can I help you?",
     "Hello|Hi|Hello!|Hi there|Hey|Good morning|Good evening|Hi!|hello there|Hey there!|Greetings|"
     "Good day|yo"),
    ("The user thanks me.", "You're welcome!",
     "Thanks|Thank you|Thanks a lot|Thank you!|Thank you very much|Great, thanks|thx|Perfect, thank you"),
    ("The user says goodbye.", "Goodbye!", "Bye|Goodbye|See you|See you later|Bye bye|Good night|"
    "Have a nice day"),
    ("The user asks how I am.", "I am fine, thank you. How can I help you?",
     "How are you?|How are you doing?|How is it going?|Hello, how are you?|What's up?|"
     "Hi, how are you today?"),
    ("The user asks who I am.", _SELF,
     "Who are you?|What are you?|Tell me about yourself.|Are you a human?|What is your name?|"
     "Are you a robot?|"
     "Which model are you?|Who made you?|Introduce yourself."),
    ("The user asks what I can do.", _ABLE,
     "What can you do?|How can you help me?|What are you able to do?|Help|What do you know?|"
     "What are your skills?"),
)  # fmt: skip

_OPEN = (
    "What is {topic}?", "What do you know about {topic}?", "Explain {topic}.", "Tell me about {topic}.",
    "Write a poem about {topic}.", "Write a story about {topic}.", "Tell me a joke about {topic}.",
    "How does {topic} work?", "Why is {topic} important?", "Give me three facts about {topic}.",
    "Write an essay on {topic}.", "What do you think of {topic}?", "Who invented {topic}?",
    "What is the history of {topic}?", "Summarize {topic} for me.", "Do you like {topic}?",
    "Can you teach me {topic}?", "Where does {topic} come from?", "Can you explain {topic} to a child?",
    "Write a song about {topic}.", "What is the best book about {topic}?", "When was {topic} discovered?",
)  # fmt: skip
_WHO = (
    "Who was {topic}?",
    "Who is {topic}?",
    "When was {topic} born?",
    "What did {topic} do?",
    "Tell me about {topic}.",
)
_PLACES = (
    "What is the capital of {topic}?", "Where is {topic}?", "What can I see in {topic}?",
    "Tell me about {topic}.",
    "What is {topic} famous for?", "How old is {topic}?",
)  # fmt: skip
_WHY = ("Why is the {thing} {adjective}?", "Why are {thing}s {adjective}?", "Is the {thing} {adjective}?")

FACTS = (
    ("name", Lexicon.name), ("city", Lexicon.city), ("favourite word", Lexicon.word),
    ("cat's name", Lexicon.name),
    ("dog's name", Lexicon.name), ("favourite number", lambda lexicon: str(lexicon.number(1, 99))),
    ("code", Lexicon.identifier), ("email", Lexicon.email), ("birthday", Lexicon.date), ("job", Lexicon.noun),
    ("favourite animal", Lexicon.noun), ("password", Lexicon.made_word),
)  # fmt: skip
_TELL = (
    "My {key} is {value}.",
    "Hi, my {key} is {value}.",
    "Remember that my {key} is {value}.",
    "Note: my {key} is {value}.",
)
_RECALL = (
    "What is my {key}?",
    "What's my {key}?",
    "Do you remember my {key}?",
    "Tell me my {key}.",
    "What was my {key}?",
)


def talk(lexicon: Lexicon) -> Exchange:
    """A greeting, thanks, or a question about the model itself."""
    thought, answer, forms = lexicon.pick(_TALK)
    prompt = lexicon.pick(forms.split("|"))
    if lexicon.chance(0.3):
        prompt = prompt.lower()
    if lexicon.chance(0.2):
        prompt = prompt.rstrip("?.!")
    return Exchange("chat.talk", prompt, thought, answer)


def unknown(lexicon: Lexicon) -> Exchange:
    """A question for knowledge, which the model hasn't got."""
    form = lexicon.rng.random()
    if form < 0.15:
        thing, adjective = lexicon.noun(), lexicon.adjective()
        topic = f"the {thing}"
        prompt = typed(lexicon, lexicon.pick(_WHY), thing=thing, adjective=adjective)
        topic = f"{thing}s" if f" {thing}s" in prompt else topic
    else:
        forms, topic = _topic(lexicon)
        prompt = typed(lexicon, lexicon.pick(forms), topic=topic)
    answer = f"I am a small demonstration model and I know nothing about {topic}. {_ABLE}"
    return Exchange("chat.unknown", prompt, f"This is about {topic}. I know nothing about it.", answer)


def _topic(lexicon: Lexicon) -> tuple[tuple[str, ...], str]:
    form = lexicon.rng.random()
    if form < 0.2:
        return _WHO, lexicon.word_of(PEOPLE) if lexicon.chance(
            0.6
        ) else f"{lexicon.name()} {lexicon.made_word().title()}"
    if form < 0.35:
        return _PLACES, lexicon.city()
    if form < 0.65:
        return _OPEN, lexicon.word_of(TOPICS)
    if form < 0.85:
        return _OPEN, f"{lexicon.pick(('the', 'a', 'my'))} {lexicon.noun()}"
    return _OPEN, f"{lexicon.adjective()} {lexicon.noun()}s"


def recall(lexicon: Lexicon) -> Dialogue:
    """Facts that the user told, asked for later."""
    script = Script()
    facts = {key: draw(lexicon) for key, draw in (lexicon.pick(FACTS) for _ in range(lexicon.number(1, 2)))}
    if len(facts) == 2 and lexicon.chance(0.5):
        said = " ".join(f"My {key} is {value}." for key, value in facts.items())
        script.user(said).answer("I will remember that.", "The user tells me facts.")
    else:
        for key, value in facts.items():
            prompt = lexicon.pick(_TELL).format(key=key, value=value)
            script.user(prompt).answer("I will remember that.", "The user tells me facts.")
    if lexicon.chance(0.3):
        between = talk(lexicon)
        script.user(between.prompt).answer(between.answer, between.thought)
    key = lexicon.pick(tuple(facts))
    prompt = typed(lexicon, lexicon.pick(_RECALL), key=key)
    script.user(prompt).answer(f"Your {key} is {facts[key]}.", f"The user said: {key} is {facts[key]}.")
    return script.dialogue("chat.recall")
