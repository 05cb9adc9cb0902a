"""What runs a network: model windows in, raw outputs out.

network  OpenVINO on this machine
kserve   a server of the KServe v2 protocol
"""
