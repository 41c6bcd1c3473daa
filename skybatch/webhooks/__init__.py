"""Messages to URLs of users, signed as Standard Webhooks has it, until they are taken."""
