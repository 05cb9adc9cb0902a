"""Results to keep: rows, CSV, HTML, and a card as Markdown.

rows          predictions as data
csv_table     rows as CSV that runs nothing in a spreadsheet
answer_cards  answers side by side, as HTML
html_report   a voice and what models say of it, as one HTML file
card_readme   a card as Markdown
"""
