"""Results to keep: rows, CSV, HTML, and a card as Markdown.

rows            predictions as data
file_rows       a file becomes rows
csv_table       rows as CSV that runs nothing in a spreadsheet
parquet_table   rows as Parquet, a group at a time
html            HTML from the templates of `templates/`, with one stylesheet for page and report
answer_cards    answers side by side, as HTML
document        an HTML file of its own
sound_svg       waveform, spectrogram and emotion over time as a drawing without a script
html_report     a voice and what models say of it, as one HTML file
session_report  votes, questions and pictures of a lecture, as one HTML file
slide_picture   a spectrogram with title, axes and color bar, as a PNG
law             what the law says, on pages, in reports and in cards
headline_table  the four rows of the README
own_head_card   the card of a head on a shipped network, as Markdown
card_readme     a card as Markdown
"""
