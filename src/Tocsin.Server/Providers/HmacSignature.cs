using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Providers;

/// <summary>
/// A sender's signature as Grafana makes it: lower-case hexadecimal HMAC-SHA256 over the raw body, or over
/// <c>UNIX_SECONDS:BODY</c> with the seconds in a header of their own.
/// </summary>
internal static class HmacSignature
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    /// <param name="header">Where the signature is looked for by default.</param>
    public static IReadOnlyList<ProviderSetting> Settings(string header) =>
    [
        new(
            "hmac_secret",
            "The secret that the sender signs with; then every delivery must be signed. Default: none; the key in the address admits.",
            Secret: true),
        new("hmac_header", $"The header that carries the signature. Default: {header}. Read only if the source has a secret."),
        new("hmac_timestamp_header", "The header that carries the Unix seconds that are signed with the body. Default: none; the body alone is signed."),
    ];

    /// <summary>Null if the source has no secret or the signature is right and, where it has a time, at most 5 minutes from ours.</summary>
    public static Error? Verify(InboundRequest request, string defaultHeader)
    {
        if (request.Source.HmacSecret is not { } secret)
        {
            return null;
        }

        if (secret.Length == 0)
        {
            return Error.Forbidden("This source's secret is empty, so that nothing can be signed with it; set one or take the setting away.");
        }

        var header = request.Source.Settings.GetValueOrDefault("hmac_header") is { Length: > 0 } named ? named : defaultHeader;
        if (request.Headers(header).Trim() is not { Length: > 0 } given)
        {
            return Error.Forbidden($"The header {header} with the body's signature is missing.");
        }

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        if (request.Source.Settings.GetValueOrDefault("hmac_timestamp_header") is { Length: > 0 } timeHeader)
        {
            var time = request.Headers(timeHeader).Trim();
            if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return Error.Forbidden($"The header {timeHeader} must hold the time of signing in Unix seconds.");
            }

            if (Math.Abs((decimal)request.ReceivedAt.ToUnixTimeSeconds() - seconds) > (decimal)MaxAge.TotalSeconds)
            {
                return Error.Forbidden("The signature was made more than 5 minutes from now; check the sender's clock.");
            }

            hmac.AppendData(Encoding.ASCII.GetBytes($"{time}:"));
        }

        hmac.AppendData(request.Body.Span);
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        hmac.GetHashAndReset(expected);

        // Hashes of both are compared, so that neither the length nor the place of the first difference can be timed.
        var theirs = SHA256.HashData(Encoding.UTF8.GetBytes(WithoutPrefix(given).ToLowerInvariant()));
        var ours = SHA256.HashData(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(expected)));
        return CryptographicOperations.FixedTimeEquals(ours, theirs)
            ? null
            : Error.Forbidden($"The signature in {header} does not belong to this body and secret.");
    }

    private static string WithoutPrefix(string signature) =>
        signature.StartsWith("sha256=", StringComparison.OrdinalIgnoreCase) ? signature[7..] : signature;
}
