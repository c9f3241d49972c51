"""What an optimizer does around its own update, a file for each part."""
