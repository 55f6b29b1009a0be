"""For those who run images: what the list mirrors of what they name, and how they are led to it."""
