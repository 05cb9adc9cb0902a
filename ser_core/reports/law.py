"""What the law says of emotion recognition, the same on pages, in reports and in cards."""

AI_ACT = (
    "Since February 2, 2025, the EU AI Act, Article 5(1)(f), has prohibited inferring the emotions "
    "of people at work and in education, except for medical and safety purposes."
)
