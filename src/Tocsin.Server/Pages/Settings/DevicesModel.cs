namespace Tocsin.Pages;

/// <summary>The reader's own devices, and what each of the reader's ways can break through.</summary>
/// <param name="Key">What a browser subscribes to.</param>
/// <param name="Suggested">What this browser would be called.</param>
/// <param name="Address">Of this page, for the phone.</param>
/// <param name="QrPath">The same as a picture; null: it is too long for one.</param>
/// <param name="Insecure">Browsers subscribe to nothing at this address.</param>
/// <param name="Named">Some rule of the reader's rings devices.</param>
public sealed record DevicesModel(
    IReadOnlyList<DeviceLine> Devices, IReadOnlyList<WakeLine> Ways, string Key, string Suggested, string Address, string? QrPath, bool Insecure, bool Named);

/// <param name="Hash">By which the browser knows itself.</param>
/// <param name="Wakes">What can be said about silent mode.</param>
public sealed record DeviceLine(
    long Id, string Name, string Host, string Hash, DateTimeOffset MadeAt, DateTimeOffset? SentAt, string? Error, bool Ended, bool? Rang, DateTimeOffset? RangAt, string Wakes);

/// <param name="Breaks">It can ring through silent mode, once it is set up so.</param>
public sealed record WakeLine(string Name, string Type, bool Breaks, string How);
