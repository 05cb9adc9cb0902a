"""The Analyze page.

result   how an analysis looks: answers side by side, charts, latency, downloads
origin   which machine the answers came from
stretch  a selected part, analyzed alone
judge    the room votes first; then room, models, actual emotion, and the tally
"""
