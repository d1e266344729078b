"""How much of the server one key may have: rates, places, free requests, money. Pure: time is passed in."""
