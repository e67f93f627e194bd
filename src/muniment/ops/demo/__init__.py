"""Everything invented: the firm of the demonstration, a tiny act, the codes of its people. No Django here."""
