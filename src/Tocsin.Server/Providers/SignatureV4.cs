using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Providers;

/// <param name="Token">Of temporary credentials; null: they are lasting ones.</param>
internal sealed record AwsKey(string Id, string Secret, string? Token = null);

/// <summary>The signature of Amazon's services, version 4, over the headers of a request and its whole body.</summary>
internal static class SignatureV4
{
    /// <summary>Signs a request without a query: adds its date, its token if the key has one, and its authorization.</summary>
    /// <param name="signed">Headers to be signed besides <c>host</c> and <c>x-amz-date</c>, in lower case; they are on the request already.</param>
    public static void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, IEnumerable<KeyValuePair<string, string>> signed, AwsKey key, string region, string service, DateTimeOffset now)
    {
        var date = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var url = request.RequestUri!;
        SortedDictionary<string, string> headers = new(StringComparer.Ordinal)
        {
            ["host"] = url.IsDefaultPort ? url.Host : url.Authority,
            ["x-amz-date"] = date,
        };
        foreach (var (name, value) in signed)
        {
            headers[name] = value;
        }

        request.Headers.TryAddWithoutValidation("X-Amz-Date", date);
        if (key.Token is { } token)
        {
            headers["x-amz-security-token"] = token;
            request.Headers.TryAddWithoutValidation("X-Amz-Security-Token", token);
        }

        request.Headers.TryAddWithoutValidation("Authorization", Authorization(request.Method.Method, url.AbsolutePath, headers, body, key, region, service, date));
    }

    /// <param name="headers">By name in lower case, sorted; all of them are signed.</param>
    /// <param name="date">As in <c>x-amz-date</c>.</param>
    public static string Authorization(
        string method, string path, SortedDictionary<string, string> headers, ReadOnlySpan<byte> body, AwsKey key, string region, string service, string date)
    {
        var names = string.Join(';', headers.Keys);
        var canonical = new StringBuilder().Append(method).Append('\n').Append(path).Append("\n\n");
        foreach (var (name, value) in headers)
        {
            canonical.Append(name).Append(':').Append(value.Trim()).Append('\n');
        }

        canonical.Append('\n').Append(names).Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(body)));
        var scope = $"{date[..8]}/{region}/{service}/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var signing = Encoding.UTF8.GetBytes($"AWS4{key.Secret}");
        foreach (var part in new[] { date[..8], region, service, "aws4_request" })
        {
            signing = HMACSHA256.HashData(signing, Encoding.UTF8.GetBytes(part));
        }

        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(signing, Encoding.UTF8.GetBytes(text)));
        return $"AWS4-HMAC-SHA256 Credential={key.Id}/{scope}, SignedHeaders={names}, Signature={signature}";
    }
}
