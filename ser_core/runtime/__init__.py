"""What the process may use, and what its host has set.

settings       environment variables that configure a deployment
places         paths of the files that come with the code
cores          how many processor cores may be used
rate           how often somebody may ask
progress       progress reports of long jobs
in_order       many pieces of work on several threads
child_process  runs one function in a separate process
"""
