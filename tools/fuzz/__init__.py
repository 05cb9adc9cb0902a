"""Broken and hostile input, thousands of cases a run: `make fuzz`, `make fuzz CASES=20000`.

files      real files of every format, made here
damage     what is done to them: flipped bits, cuts, splices, lies in headers, hostile names
bombs      small files that would unfold to gigabytes
journey    where a file goes in the app, from its bytes to the answer and its CSV
process    a process of its own for the journey, so that a crash or a hang is counted
irs        hostile OpenVINO models
run        many cases, and what came of them
"""
