"""The Analyze page.

beginning  with your guess, with a vote, or with the analysis at once
result     how an analysis looks: answers side by side, charts, latency, downloads
question   your guess first; then guess, model and actor
origin     which machine the answers came from
stretch    a selected part, analyzed alone
judge      the room votes first; then room, models, actual emotion, and the tally
phone_ballot  its votes come from phones
"""
