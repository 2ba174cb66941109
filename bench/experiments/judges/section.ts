export const headsSection = () => "";
