"""Django on PostgreSQL, telling it the tenant and the action."""
