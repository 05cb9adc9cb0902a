"""A room that votes from phones: in memory, anonymous, bounded, and gone with the room.

room     one room: its question, its two rounds, who may vote
rooms    the rooms of a server, by their code
outcome  one voice that a room has judged
tickets  who is who, without knowing anybody: signed random numbers
"""
