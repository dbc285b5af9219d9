"""Records that are no dossier, as commands print them: a scored text, a trace, a calibration, a comparison."""
