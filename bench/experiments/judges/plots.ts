export const headsPlots = () => ({});
