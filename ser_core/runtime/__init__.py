"""What the process may use, and what its host has set.

settings       environment variables that configure a deployment
places         paths of the files that come with the code
cores          how many processor cores may be used
memory         how much memory is used, and a cache within a limit
rate           how often somebody may ask
progress       progress reports of long jobs
in_order       many pieces of work on several threads, results in their order
workers        the same on several processes
child_process  starts separate processes
"""
