// A line for the person who runs us, beside the guest's console.
export type Say = (text: string) => void;
