"""The tags of the ui room: `{% load i18n ui %}` gives every component."""
