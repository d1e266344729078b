"""More of the well-known tools, and those that only the exam uses."""

from __future__ import annotations

from nemotron_demo.dialogues.catalogue import TRAINING as FIRST
from nemotron_demo.dialogues.catalogue import tool as _tool

_SECOND = (
    _tool(
        "find_user",
        "Find the id of a user by name",
        "name:person",
        "Find the user {name} / Look up the user {name} / What is the id of {name}? / Which user is {name}?",
        "id:id",
        "The id of {name} is {id}.",
    ),
    _tool(
        "get_orders",
        "Get the orders of a user",
        "user_id:id",
        "Get the orders of user {user_id} / Show the orders of {user_id} / What did user {user_id} order?",
        "count:count",
        "The user {user_id} has {count} orders.",
    ),
    _tool(
        "get_balance",
        "Get the balance of an account",
        "account:id",
        "What is the balance of account {account}? / How much is on {account}? / Balance of {account}",
        "balance:amount",
        "The balance of {account} is {balance}.",
    ),
    _tool(
        "transfer_money",
        "Transfer money to a person",
        "amount:amount to:person",
        "Transfer {amount} to {to} / Pay {to} {amount} / Wire {amount} to {to} / "
        "Give {to} {amount} from my account",
        "reference:id",
        "{amount} went to {to}: {reference}.",
    ),
    _tool(
        "get_distance",
        "Get the distance between two cities",
        "origin:city destination:city",
        "How far is it from {origin} to {destination}? / Distance from {origin} to {destination} / "
        "How many kilometres is {destination} from {origin}?",
        "km:digits",
        "From {origin} to {destination} it is {km} km.",
    ),
    _tool(
        "get_news",
        "Get the news about a topic",
        "topic:noun limit?:count",
        "What is the news about {topic}? / News on {topic} / Any headlines about {topic}? / "
        "Latest {topic} news",
        "headline:phrase",
        "The news about {topic}: {headline}.",
    ),
    _tool(
        "define_word",
        "Get the definition of a word",
        "word:word",
        "What does {word} mean? / Define {word} / Definition of {word} / What is the meaning of {word}?",
    ),
    _tool(
        "random_number",
        "Draw a random number in a range",
        "low:count high:digits",
        "Give me a random number between {low} and {high} / Random number from {low} to {high} / "
        "Pick a number between {low} and {high}",
        "number:digits",
        "The number is {number}.",
    ),
    _tool(
        "roll_dice",
        "Roll some dice",
        "count:count",
        "Roll {count} dice / Throw {count} dice / Please roll {count} dice for me",
        "sum:count",
        "The dice show {sum}.",
    ),
    _tool(
        "set_temperature",
        "Set the temperature of a room",
        "room:kitchen|bedroom|bathroom|office|hall degrees:count",
        "Set the {room} to {degrees} degrees / Heat the {room} to {degrees} degrees / "
        "Make the {room} {degrees} degrees warm",
        "status:done|heating",
        "The {room} is set to {degrees} degrees.",
    ),
    _tool(
        "add_contact",
        "Add a contact with an email",
        "name:person email:email",
        "Add {name} with {email} to my contacts / Save the contact {name}, {email} / "
        "New contact {name} at {email}",
        "id:id",
        "The contact {name} has the id {id}.",
    ),
    _tool(
        "add_item",
        "Add an item to the shopping list",
        "item:noun amount?:count",
        "Add {item} to the shopping list / Put {item} on my list / I need to buy {item} / "
        "Shopping list: {item}",
        "items:count",
        "The list has {items} items now.",
    ),
    _tool(
        "take_note",
        "Save a note",
        "text:phrase",
        "Take a note: {text} / Note down {text} / Write down {text} / Save the note {text}",
        "id:id",
        "The note {text} has the id {id}.",
    ),
    _tool(
        "invite",
        "Invite people to a meeting",
        "people:names time:time",
        "Invite {people} to a meeting at {time} / Set up a meeting with {people} at {time} / "
        "Ask {people} to meet at {time}",
        "meeting:id",
        "The meeting {meeting} is at {time}.",
    ),
    _tool(
        "track_parcel",
        "Track a parcel by its number",
        "number:id",
        "Where is my parcel {number}? / Track the parcel {number} / Where is package {number}? / "
        "Status of {number}",
        "status:shipped|delivered|lost|delayed",
        "The parcel {number} is {status}.",
    ),
    _tool(
        "get_date",
        "Get the date of today",
        "",
        "What day is it? / What is the date today? / Which date is it?",
        "date:date",
        "Today is {date}.",
    ),
    _tool(
        "play_song",
        "Play a song by its title",
        "title:phrase",
        "Play the song {title} / Play {title} / Put on the song {title}",
        "status:playing",
        "The song {title} is {status}.",
    ),
    _tool(
        "write_file",
        "Write a text to a file",
        "path:path text:phrase",
        "Write {text} to {path} / Save {text} in {path} / Put the text {text} into {path}",
        "bytes:digits",
        "The file {path} has {bytes} bytes.",
    ),
    _tool(
        "open_page",
        "Open a web page",
        "url:url",
        "Open {url} / Go to {url} / Visit {url} / Load the page {url}",
        "title:phrase",
        "The title of {url} is {title}.",
    ),
    _tool(
        "get_population",
        "Get the population of a city",
        "city:city",
        "How many people live in {city}? / Population of {city} / What is the population of {city}?",
        "people:digits",
        "In {city} live {people} people.",
    ),
)

TRAINING = FIRST + _SECOND

HELD_OUT = (
    _tool(
        "get_air_quality",
        "Get the air quality in a city",
        "city:city",
        "How is the air quality in {city}? / Air quality in {city} / Is the air clean in {city}?",
        "index:count",
    ),
    _tool(
        "order_taxi",
        "Order a taxi to an address",
        "address:phrase time?:time",
        "Order a taxi to {address} / Get me a taxi to {address} / I need a taxi to {address}",
        "car:id",
    ),
    _tool(
        "get_recipe",
        "Get a recipe for a dish",
        "dish:noun people?:count",
        "Get a recipe for {dish} / Recipe for {dish} / I want a recipe for {dish} / "
        "Which recipe is there for {dish}?",
    ),
    _tool(
        "start_vacuum",
        "Start the vacuum robot in a room",
        "room:kitchen|bedroom|bathroom|office|hall",
        "Start the vacuum in the {room} / Vacuum the {room} / Clean the {room} with the robot",
        "minutes:minutes",
    ),
    _tool(
        "resize_image",
        "Resize an image to a width",
        "path:path width:digits",
        "Resize {path} to {width} pixels / Make the image {path} {width} pixels wide",
        "bytes:digits",
    ),
    _tool(
        "get_train",
        "Get the next train between two cities",
        "origin:city destination:city",
        "When is the next train from {origin} to {destination}? / Next train from {origin} to {destination}",
        "time:time track:count",
    ),
    _tool(
        "water_plants",
        "Water the plants for some minutes",
        "minutes:minutes",
        "Water the plants for {minutes} minutes / Give the plants water for {minutes} minutes",
        "litres:count",
    ),
    _tool(
        "find_book",
        "Find a book by its author",
        "author:person year?:year",
        "Find a book by {author} / Which book is by {author}? / I want to find a book by {author}",
        "title:phrase",
    ),
)
