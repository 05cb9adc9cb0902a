"""What only a browser shows; skipped where there is no Chromium."""
