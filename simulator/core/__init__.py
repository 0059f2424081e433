"""What everything else stands on: time, chance, messages, the journal, links, ports and errors."""
