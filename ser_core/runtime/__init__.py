"""What the process may use, and what its host has set.

settings       environment variables of whoever hosts the app
places         where the files lie that come with the code
cores          how many processor cores may be used
progress       what a long job tells the person who waits for it
child_process  one function in a process of its own
"""
