namespace Tocsin.Sdk;

/// <summary>A browser or an app on which a person is paged.</summary>
/// <param name="Kind">web or app.</param>
/// <param name="Name">Unique among the person's; contact methods name it in <c>device</c>.</param>
/// <param name="Host">The push service that carries messages to it.</param>
/// <param name="Agent">What it said of itself when it was registered.</param>
/// <param name="SentAt">When its push service last took a message.</param>
/// <param name="Error">Why the last message was not taken; null: it was.</param>
/// <param name="EndedAt">Since when its push service knows it no more; nothing is sent any more.</param>
/// <param name="Rang">What the person answered to "did it ring?"; null: nothing yet.</param>
public sealed record DeviceView(
    long Id, string Kind, string Name, string Host, string Agent, DateTimeOffset CreatedAt, DateTimeOffset? SentAt, string? Error, DateTimeOffset? ErrorAt,
    DateTimeOffset? EndedAt, bool? Rang, DateTimeOffset? RangAt);

/// <param name="Kind">web or app. Default: web.</param>
/// <param name="Name">1 to 60 characters; absent: made from what the browser says of itself.</param>
/// <param name="Subscription">What a browser's <c>PushManager.subscribe()</c> gave, for kind web.</param>
/// <param name="Token">The app's registration token, for kind app.</param>
public sealed record DeviceRequest(string? Kind = null, string? Name = null, PushSubscriptionKeys? Subscription = null, string? Token = null);

/// <param name="Endpoint">The address at the push service, https.</param>
public sealed record PushSubscriptionKeys(string? Endpoint, PushKeyPair? Keys);

/// <param name="P256dh">The browser's public key, 65 bytes in base64url.</param>
/// <param name="Auth">16 bytes in base64url.</param>
public sealed record PushKeyPair(string? P256dh, string? Auth);

/// <param name="PublicKey">For <c>applicationServerKey</c>: an uncompressed point of P-256 in base64url.</param>
public sealed record PushKeyView(string PublicKey);

/// <param name="Rang">Whether the person noticed the test.</param>
public sealed record RangRequest(bool? Rang);
