"""The front desk: what somebody asks of the bot comes in, a receipt or a refusal goes out."""
