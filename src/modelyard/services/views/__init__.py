"""What the pages show: tables of experiments and runs, pictures of metrics, previews of artifacts."""
