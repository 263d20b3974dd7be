// Delivery modes by the names of the SDM (vol 3, 10.6.1) and of the 82093AA's data sheet.

export const DELIVERY_NAMES: readonly string[] = ['Fixed', 'Lowest Priority', 'SMI', 'reserved', 'NMI', 'INIT', 'Start Up', 'ExtINT'];
