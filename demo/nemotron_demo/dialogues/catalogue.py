"""Well-known tools, as data: what they are called, take and return, and how people ask for them."""

from __future__ import annotations

from dataclasses import dataclass

from nemotron_demo.dialogues.values import Parameter

_JOINT = {"city", "person", "email", "date", "id", "path", "noun", "word", "symbol", "folder", "url"}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a request may ask for.

    Attributes:
        asks: Requests with a ``{parameter}`` for each required one.
        result: Keys and kinds of its result, as parameters are written.
        answer: The sentence that tells the result, or nothing: then the general one does.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    asks: tuple[str, ...]
    result: tuple[Parameter, ...] = ()
    answer: str = ""

    @property
    def joint(self) -> bool:
        """Whether a sentence may ask it for two values: it takes one, in which no "and" stands."""
        required = [parameter.kind for parameter in self.parameters if parameter.required]
        return len(required) == 1 and required[0] in _JOINT


def tool(name: str, description: str, takes: str, asks: str, result: str = "", answer: str = "") -> Tool:
    """A tool from short texts: parameters apart by spaces, requests by `` / ``."""
    return Tool(
        name,
        description,
        tuple(map(Parameter.parse, takes.split())),
        tuple(asks.split(" / ")),
        tuple(map(Parameter.parse, result.split())),
        answer,
    )


_SKY = "sunny|cloudy|rainy|windy|snowy|foggy|clear"

TRAINING = (
    tool(
        "get_weather",
        "Get the current weather in a city",
        "city:city unit?:celsius|fahrenheit",
        "What is the weather in {city}? / How is the weather in {city} today? / "
        "What's the weather like in {city}? / "
        "Weather in {city} / Is it raining in {city}? / Tell me the weather in {city} / "
        "How warm is it in {city}?",
        f"sky:{_SKY} degrees:count",
        "The weather in {city} is {sky}, {degrees} degrees.",
    ),
    tool(
        "get_forecast",
        "Get the weather forecast for a day",
        "city:city date:date",
        "What will the weather be in {city} on {date}? / Forecast for {city} on {date} / "
        "Will it rain in {city} on {date}? / Give me the forecast for {city} on {date}",
        f"sky:{_SKY} degrees:count",
        "The forecast for {city} on {date} is {sky}, {degrees} degrees.",
    ),
    tool(
        "search_web",
        "Search the web for a query",
        "query:topic limit?:count",
        "Search the web for {query} / Google {query} / Look up {query} online / Find pages about {query} / "
        "Search for {query} / Can you search the internet for {query}?",
        "title:phrase url:url",
        "I found {title} at {url}.",
    ),
    tool(
        "send_email",
        "Send an email to an address",
        "to:email subject:phrase",
        "Send an email to {to} with the subject {subject} / Email {to} about {subject} / "
        "Write to {to} with subject {subject} / Mail {to}, subject {subject}",
        "status:sent|queued",
        "The email to {to} is {status}.",
    ),
    tool(
        "send_message",
        "Send a text message to a person",
        "person:person text:phrase",
        "Send {person} the message {text} / Tell {person} {text} / Text {person}: {text} / "
        "Send a message to {person} saying {text}",
        "status:sent|delivered|queued",
        "The message to {person} is {status}.",
    ),
    tool(
        "set_timer",
        "Set a timer for some minutes",
        "minutes:minutes label?:word",
        "Set a timer for {minutes} minutes / Start a {minutes} minute timer / Timer for {minutes} minutes / "
        "Wake me in {minutes} minutes / Remind me in {minutes} minutes",
        "id:id",
        "The timer {id} for {minutes} minutes is set.",
    ),
    tool(
        "set_alarm",
        "Set an alarm at a time",
        "time:time",
        "Set an alarm for {time} / Wake me at {time} / Wake me up at {time} / Alarm at {time}",
        "id:id",
        "The alarm {id} is set for {time}.",
    ),
    tool(
        "calculate",
        "Calculate an arithmetic expression",
        "expression:sum",
        "Calculate {expression} / What is {expression}? / Work out {expression} / Compute {expression} / "
        "How much is {expression}?",
        "result:digits",
        "The result of {expression} is {result}.",
    ),
    tool(
        "convert_currency",
        "Convert money to another currency",
        "amount:amount source:EUR|USD|GBP|JPY|CHF target:EUR|USD|GBP|JPY|CHF",
        "Convert {amount} {source} to {target} / How much is {amount} {source} in {target}? / "
        "Change {amount} {source} into {target} / What are {amount} {source} in {target}?",
        "value:amount",
        "{amount} {source} is {value} {target}.",
    ),
    tool(
        "get_stock_price",
        "Get the price of a stock",
        "symbol:symbol",
        "What is the stock price of {symbol}? / Stock price of {symbol} / How is {symbol} trading? / "
        "How much is a share of {symbol}? / Price of {symbol} shares",
        "price:amount",
        "The price of {symbol} is {price}.",
    ),
    tool(
        "book_table",
        "Book a table in a restaurant",
        "people:count time:time name?:person",
        "Book a table for {people} at {time} / Reserve a table for {people} people at {time} / "
        "I need a table for {people} at {time} / Table for {people} at {time}",
        "id:id",
        "The table for {people} at {time} is booked: {id}.",
    ),
    tool(
        "book_flight",
        "Book a flight between two cities",
        "origin:city destination:city date?:date",
        "Book a flight from {origin} to {destination} / Fly me from {origin} to {destination} / "
        "I need a flight from {origin} to {destination} / Get me a plane from {origin} to {destination}",
        "flight:id price:amount",
        "The flight {flight} from {origin} to {destination} costs {price}.",
    ),
    tool(
        "translate",
        "Translate a text into a language",
        "text:phrase language:French|German|Spanish|Italian|Polish|Dutch",
        "Translate {text} into {language} / Translate {text} to {language} / "
        "How do you say {text} in {language}? / "
        "What is {text} in {language}?",
        "translation:phrase",
        "In {language} it is {translation}.",
    ),
    tool(
        "add_event",
        "Add an event to the calendar",
        "title:phrase date:date",
        "Add {title} to my calendar on {date} / Put {title} on {date} in the calendar / "
        "New event {title} on {date} / Schedule {title} for {date}",
        "id:id",
        "The event {title} on {date} has the id {id}.",
    ),
    tool(
        "play_music",
        "Play music of an artist",
        "artist:person shuffle?:bool",
        "Play music by {artist} / Play something by {artist} / Put on {artist} / I want to hear {artist}",
        "song:phrase",
        "Now playing {song} by {artist}.",
    ),
    tool(
        "get_time",
        "Get the current time in a city",
        "city:city",
        "What time is it in {city}? / Time in {city} / What's the time in {city}? / "
        "Tell me the time in {city}",
        "time:time",
        "It is {time} in {city}.",
    ),
    tool(
        "turn_on_light",
        "Turn on the light in a room",
        "room:kitchen|bedroom|bathroom|office|hall|garage",
        "Turn on the light in the {room} / Switch on the {room} light / Light on in the {room} / "
        "Make it bright in the {room}",
        "light:on",
        "The light in the {room} is {light}.",
    ),
    tool(
        "turn_off_light",
        "Turn off the light in a room",
        "room:kitchen|bedroom|bathroom|office|hall|garage",
        "Turn off the light in the {room} / Switch off the {room} light / Light off in the {room} / "
        "Make it dark in the {room}",
        "light:off",
        "The light in the {room} is {light}.",
    ),
    tool(
        "create_issue",
        "Create an issue in a tracker",
        "title:phrase priority?:low|medium|high",
        "Create an issue {title} / Open an issue: {title} / File a bug {title} / "
        "Report an issue titled {title}",
        "number:digits",
        "The issue {title} has the number {number}.",
    ),
    tool(
        "read_file",
        "Read a file",
        "path:path",
        "Read {path} / Open the file {path} / What is in {path}? / Show me {path} / Print the file {path}",
    ),
    tool(
        "delete_file",
        "Delete a file",
        "path:path",
        "Delete {path} / Remove the file {path} / Get rid of {path} / Erase {path}",
        "status:deleted|gone",
        "The file {path} is {status}.",
    ),
    tool(
        "list_files",
        "List the files of a folder",
        "folder:folder",
        "List the files in {folder} / What files are in {folder}? / Show the folder {folder} / "
        "What is inside {folder}?",
    ),
    tool(
        "run_command",
        "Run a shell command",
        "command:command",
        "Run {command} / Execute {command} / Run the command {command} / Please run {command} in the shell",
    ),
)
