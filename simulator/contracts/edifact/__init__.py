"""UN/EDIFACT: messages in interchanges, UNB to UNZ."""
