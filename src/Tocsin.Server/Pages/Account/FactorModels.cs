namespace Tocsin.Pages;

/// <param name="ByApp">The person has an authenticator app.</param>
/// <param name="ByPasskey">The person has a passkey.</param>
/// <param name="Next">A path of ours to go to afterwards.</param>
public sealed record SecondStepModel(bool ByApp, bool ByPasskey, string Next, string? Fault);

/// <param name="ByPassword">The person has a password.</param>
/// <param name="ByCode">The person has an authenticator app or recovery codes.</param>
/// <param name="Next">A path of ours to go back to.</param>
public sealed record AgainModel(string Email, bool ByPassword, bool ByCode, bool ByPasskey, string Next, string? Fault);

/// <summary>Setting up an authenticator app.</summary>
/// <param name="Key">The secret as it is typed.</param>
/// <param name="Address">The same as an address that apps take over.</param>
/// <param name="QrPath">The address as the dark modules of a QR code; null: it is too long for one.</param>
/// <param name="Offer">What is sent back with the first code.</param>
/// <param name="Replaces">An app is in force already, and will not be any more.</param>
public sealed record AppModel(string Key, string Address, string? QrPath, string Offer, bool Replaces, string? Fault);

/// <summary>Recovery codes, shown this once.</summary>
public sealed record RecoveryCodesModel(IReadOnlyList<string> Codes, string Notice);

/// <summary>How somebody signs in besides a password.</summary>
/// <param name="AppSince">Null: no authenticator app.</param>
/// <param name="MayAddPasskeys">They work at the address by which the reader came.</param>
public sealed record FactorsModel(DateTimeOffset? AppSince, int RecoveryLeft, IReadOnlyList<PasskeyLine> Passkeys, bool MayAddPasskeys);

/// <param name="Id">As it stands in addresses.</param>
/// <param name="UsedAt">Null: never.</param>
public sealed record PasskeyLine(string Id, string Name, DateTimeOffset MadeAt, DateTimeOffset? UsedAt);
