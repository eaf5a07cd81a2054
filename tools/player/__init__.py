"""The player: one request, call by call, in a browser (script/player)."""
