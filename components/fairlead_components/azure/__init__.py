"""Components of Azure."""
