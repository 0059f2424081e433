"""The shop floor, as the bridge sees it: production counted from what PLCs show.

A reading is one value of one machine's tag (`readings`). What cannot be trusted is refused
(`trust`), what is left moves the books (`counting`), however often a connection breaks. Two wires
bring readings: OPC UA (`opcua`), and MQTT with Sparkplug B (`sparkplug`).
"""
