"""The ground floor: what every other room uses and no framework is needed for."""
