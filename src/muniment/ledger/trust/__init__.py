"""What readers of a log trust: its keys as they follow each other, and the witnesses that two persons accepted."""
