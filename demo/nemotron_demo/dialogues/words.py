"""Word lists. Every seventh word of each is left out of training."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


NAMES = _words(
    "Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Karin Leo Mia Noah Olga Paul Rosa Simon Tina "
    "Uwe Vera Walter Xenia Yusuf Zoe Alice Bob Carol Daniel Eva Frank Gina Henry Irene Jack Kate Liam "
    "Maria Nina Oscar Petra Quentin Robert Sara Tom Ursula Victor Wendy Adam Bella Carlos Diana Elias "
    "Fiona George Hannah Ivan Julia Kevin Laura Mark Nora Omar Paula Ralph Sophie Theo Una Vincent Will "
    "Amir Beth Chen Dora Erik Farah Gabriel Helen Isaac Jane Karl Lena Max Nadia Otto Priya Rafael "
    "Sandra Tariq Ulrich Viola Wanda Yara Zane Aisha Boris Chloe Dennis Ella Fritz Gloria Hassan Ingrid "
    "James Kira Lucas Monica Nils Olivia Peter Ruth Stefan Tessa Urban Vivian Wei Ying Zara Arthur Bruno "
    "Celine Dmitri Esther Fatima Gustav Heidi Igor Judith Kenji Linda Martin Naomi Owen Pedro Rita "
    "Samuel Thomas Ulla Vikram Yvonne Aaron Bianca Cecil Dario Edith Flora Grace Harald Iris"
)

CITIES = _words(
    "Paris London Berlin Madrid Rome Vienna Prague Lyon Oslo Lisbon Dublin Athens Warsaw Zurich Munich "
    "Hamburg Milan Naples Turin Porto Seville Valencia Nice Lille Nantes Geneva Basel Bern Graz Linz "
    "Brno Krakow Gdansk Riga Vilnius Tallinn Helsinki Turku Stockholm Malmo Bergen Aarhus Odense "
    "Copenhagen Ghent Bruges Antwerp Brussels Utrecht Rotterdam Amsterdam Leiden Cologne Bonn Dresden "
    "Leipzig Bremen Kiel Essen Mainz Ulm Trier Budapest Sofia Varna Bucharest Cluj Belgrade Zagreb Split "
    "Ljubljana Sarajevo Skopje Tirana Istanbul Ankara Izmir Tokyo Osaka Kyoto Nagoya Sapporo Seoul Busan "
    "Beijing Shanghai Taipei Hanoi Bangkok Manila Jakarta Singapore Mumbai Delhi Chennai Kolkata Lahore "
    "Karachi Dhaka Kathmandu Colombo Dubai Doha Muscat Amman Beirut Cairo Tunis Algiers Rabat Fez Dakar "
    "Accra Lagos Nairobi Kampala Kigali Luanda Harare Durban Pretoria Sydney Perth Hobart Brisbane "
    "Melbourne Auckland Wellington Toronto Montreal Ottawa Calgary Boston Chicago Denver Seattle "
    "Portland Austin Dallas Houston Miami Atlanta Detroit Phoenix Memphis Tampa Omaha Tucson Lima Quito "
    "Bogota Caracas Havana Panama Santiago Valparaiso Montevideo Asuncion Brasilia Recife Salvador "
    "Cordoba Rosario Mendoza Glasgow Edinburgh Leeds York Bristol Oxford Cambridge Cardiff Belfast Cork "
    "Galway Reims Dijon Tours Metz Granada Malaga Bilbao Faro Braga Verona Padua Pisa Siena Genoa Bari "
    "Parma"
)

NOUNS = _words(
    "apple book car door egg flower garden house island jacket key lamp map note orange pencil river "
    "stone table umbrella window box bread bridge brush bucket button cake candle carpet chair cheese "
    "clock cloud coat coffee coin cup desk dish dog drum engine farm feather fence field fish flag floor "
    "forest fork game gate glass glove goat grape guitar hammer hat hill horse hotel ink jar kite kitten "
    "ladder lake leaf lemon letter lion lock melon milk mirror monkey moon mountain mouse nail needle "
    "nest onion oven owl paint paper parrot pear piano picture pillow pizza plate pocket pond potato "
    "rabbit radio rain ring road robot roof rope sail salt sand school scissors shell ship shirt shoe "
    "snow soap sock soup spider spoon star storm street sugar sun sword tail tea tent ticket tiger "
    "tomato towel tower toy train tree truck tulip turtle valley vase violin wall watch water wheel "
    "whistle wind wolf wood yard zebra banana basket beach bell bicycle bird blanket boat bottle camera "
    "cat corn cow crown doll duck elephant fire frog honey"
)

THINGS = _words(
    "parcel order invoice ticket report user account project task booking room contract session device "
    "meeting payment coupon license package budget campaign course driver event file folder group "
    "holiday image job label lesson machine member message meter note offer patient permit photo plan "
    "player poll product profile queue quote receipt recipe record refund rental review route sample "
    "sensor server shift shipment song station statement student survey table team template tenant token "
    "train truck vehicle vendor video visit voucher warehouse widget workspace alarm badge camera cart "
    "channel claim customer delivery document draft employee feed garden heater backup battery branch "
    "bridge cluster container credit database deposit discount domain elevator engine fridge"
)

VERBS = {
    "create": ("make", "add"),
    "delete": ("remove", "erase"),
    "find": ("look up", "search for"),
    "update": ("change", "edit"),
    "cancel": ("call off", "stop"),
    "check": ("look at", "inspect"),
    "archive": ("store away", "file away"),
    "approve": ("accept", "confirm"),
    "reject": ("refuse", "turn down"),
    "open": ("unlock", "open up"),
    "close": ("shut", "close down"),
    "print": ("print out", "put on paper"),
    "share": ("pass on", "share out"),
    "start": ("begin", "launch"),
    "reset": ("restore", "clear"),
    "count": ("tally", "count up"),
    "rename": ("give a new name to", "relabel"),
    "assign": ("give", "hand over"),
    "track": ("follow", "trace"),
    "export": ("download", "save"),
    "import": ("load", "bring in"),
    "copy": ("duplicate", "clone"),
    "move": ("shift", "transfer"),
    "pay": ("settle", "pay for"),
    "measure": ("gauge", "take the size of"),
    "order": ("buy", "purchase"),
    "sell": ("put on sale", "trade"),
    "repair": ("fix", "mend"),
    "rate": ("score", "grade"),
    "publish": ("release", "post"),
    "validate": ("verify", "prove"),
    "schedule": ("plan", "set up"),
    "pause": ("halt", "hold"),
    "resume": ("continue", "go on with"),
    "register": ("sign up", "enrol"),
    "lock": ("bolt", "seal"),
    "scan": ("read in", "sweep"),
    "sort": ("put in order", "arrange"),
    "merge": ("join", "combine"),
    "reserve": ("hold", "keep"),
    "test": ("try", "try out"),
    "upload": ("send up", "put online"),
}
"""Verbs that tools are named by, and others for them in requests."""

ADJECTIVES = _words(
    "red green blue black white yellow brown grey pink purple big small old new fast slow warm cold soft "
    "hard light dark happy quiet loud sweet bitter round flat clean dirty dry wet heavy thin thick short "
    "long tall deep rich calm brave kind proud wild fresh strong weak sharp smooth rough early late "
    "bright plain"
)

TOPICS = _phrases(
    "gravity|volcanoes|democracy|jazz|chess|cricket|dinosaurs|tigers|inflation|photosynthesis|"
    "electricity|magnets|quantum physics|black holes|the French Revolution|the Roman Empire|climate "
    "change|machine learning|the stock market|the human brain|vaccines|bees|the moon|coral reefs|the "
    "Great Wall|football|opera|sushi|bread|coffee|solar panels|bitcoin|poetry|history|music|whales|the "
    "sun|rivers|glaciers|medicine|philosophy|algebra|tea|trains"
)

PEOPLE = _phrases(
    "Shakespeare|Napoleon|Cleopatra|Mozart|Albert Einstein|Marie Curie|Gandhi|Isaac Newton|Beethoven|"
    "Picasso|Charles Darwin|Aristotle|Ada Lovelace|Alan Turing|Galileo|Julius Caesar|Leonardo da Vinci|"
    "Queen Victoria|Plato|Columbus"
)


def everything() -> set[str]:
    """Every word of these lists, as sentences may write it."""
    lists = (NAMES, CITIES, NOUNS, THINGS, ADJECTIVES, TOPICS, PEOPLE, tuple(VERBS), *VERBS.values())
    found = {word for phrases in lists for phrase in phrases for word in phrase.split()}
    plurals = {word + "s" for word in found}
    return {form for word in found | plurals for form in (word, word.lower(), word.capitalize())}
