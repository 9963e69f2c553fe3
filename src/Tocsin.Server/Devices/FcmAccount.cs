using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Devices;

/// <summary>Firebase Cloud Messaging, by which apps are reached. Section <c>Fcm</c>; the operator's, for all workspaces.</summary>
public sealed class FcmOptions
{
    /// <summary>The JSON file of a service account that may send. Empty: apps are not reached.</summary>
    public string ServiceAccountFile { get; set; } = "";

    /// <summary>Where messages are sent. Default: Google's.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "Url must begin with http:// or https://.")]
    public string Url { get; set; } = "https://fcm.googleapis.com";

    /// <summary>Where access tokens come from. Empty: what the file says.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "TokenUrl must begin with http:// or https://.")]
    public string TokenUrl { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class FcmOptionsValidator : IValidateOptions<FcmOptions>;

/// <summary>A token, or why there is none.</summary>
internal readonly record struct FcmToken(string? Value, OutgoingAnswer? Failure);

/// <summary>
/// The service account: signs for access tokens (RFC 7523, RS256), keeps one until shortly before its end, and knows the project.
/// </summary>
internal sealed class FcmAccount(GuardedHttp http, IOptions<FcmOptions> options, TimeProvider clock) : IDisposable
{
    private const string Scope = "https://www.googleapis.com/auth/firebase.messaging";

    /// <summary>A token that ends while a request is on its way would cost that request.</summary>
    private static readonly TimeSpan _margin = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _turn = new(1);
    private (string Value, DateTimeOffset Until)? _token;

    /// <summary>Where a message of this project is sent; an error when the file cannot be used.</summary>
    public Result<Uri> SendUrl()
    {
        var account = Read();
        return account.Ok ? new Uri($"{options.Value.Url.TrimEnd('/')}/v1/projects/{Uri.EscapeDataString(account.Value.Project)}/messages:send") : account.Error;
    }

    /// <summary>A token that is good for some minutes more. Asked for by one caller at a time.</summary>
    public async Task<FcmToken> TokenAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow();
            if (_token is { } known && known.Until - _margin > now)
            {
                return new(known.Value, null);
            }

            var account = Read();
            if (!account.Ok)
            {
                return new(null, new OutgoingAnswer.Refused(account.Error.Detail));
            }

            var answer = await AskAsync(account.Value, now, ct);
            if (answer is OutgoingAnswer.Status { Code: 200, Body: var body } && ReadToken(body) is { } made)
            {
                _token = (made.Token, now + made.Life);
                return new(made.Token, null);
            }

            return new(null, answer is OutgoingAnswer.Status { Code: 200 } ? new OutgoingAnswer.Refused("The token service's answer holds no token.") : answer);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets a token that was not taken, so that the next attempt asks for another.</summary>
    public void Forget(string token)
    {
        if (_token?.Value == token)
        {
            _token = null;
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<OutgoingAnswer> AskAsync(ServiceAccount account, DateTimeOffset now, CancellationToken ct)
    {
        var url = options.Value.TokenUrl is { Length: > 0 } own ? own : account.TokenUri;
        if (OutgoingUrl.Fault(url) is { } fault)
        {
            return new OutgoingAnswer.Refused(fault);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new FormUrlEncodedContent(
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            new("assertion", Assertion(account, now)),
        ]);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return await http.SendAsync(request, ct);
    }

    private static string Assertion(ServiceAccount account, DateTimeOffset now)
    {
        var claims = new MemoryStream();
        using (var json = new Utf8JsonWriter(claims))
        {
            json.WriteStartObject();
            json.WriteString("iss", account.Email);
            json.WriteString("scope", Scope);
            json.WriteString("aud", account.TokenUri);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", now.AddHours(1).ToUnixTimeSeconds());
            json.WriteEndObject();
        }

        var header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = account.KeyId });
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims.ToArray())}";
        using var key = RSA.Create();
        key.ImportFromPem(account.PrivateKey);
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static (string Token, TimeSpan Life)? ReadToken(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("access_token", out var token) && json.RootElement.TryGetProperty("expires_in", out var life)
                && token.GetString() is { Length: > 0 } text && life.TryGetInt32(out var seconds)
                ? (text, TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400)))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // Read each time: it is small, seldom needed, and may be replaced while the server runs.
    private Result<ServiceAccount> Read()
    {
        var file = options.Value.ServiceAccountFile;
        if (file.Length == 0)
        {
            return Error.Invalid("fcm", "No Firebase service account is set: the operator sets Fcm:ServiceAccountFile.");
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            string Text(string name) => json.RootElement.GetProperty(name).GetString() ?? "";
            using var key = RSA.Create();
            key.ImportFromPem(Text("private_key"));
            return new ServiceAccount(Text("project_id"), Text("client_email"), Text("private_key_id"), Text("private_key"), Text("token_uri"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or CryptographicException)
        {
            return Error.Invalid("fcm", "The file of Fcm:ServiceAccountFile cannot be read, or is not that of a service account.");
        }
    }

    private sealed record ServiceAccount(string Project, string Email, string KeyId, string PrivateKey, string TokenUri);
}
