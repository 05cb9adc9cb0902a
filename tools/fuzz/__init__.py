"""Broken and hostile input, thousands of cases a run: `make fuzz`, `make fuzz CASES=20000`.

files      real files of every format, generated here
damage     damage to them: flipped bits, cuts, splices, false headers, hostile names
folders    archives of labeled recordings, in the kinds that people really have
bombs      small files that would unpack to gigabytes
journey    a file's path through the app, from its bytes to the prediction and its CSV
process    a separate process for the journey, so that crashes and hangs are counted
irs        hostile OpenVINO models
run        many cases and their results
"""
