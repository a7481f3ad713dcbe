// It has effects and no exports.
export {};
