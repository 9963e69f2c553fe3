using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Devices;

/// <summary>
/// The key pair by which push services know this installation (VAPID, RFC 8292). It is made once and stays in the database, sealed:
/// browsers subscribe to it, so that with another one every device would have to be registered again.
/// </summary>
internal sealed class PushKeys : IDisposable
{
    private const string Name = "push_key";
    private const string Place = "meta/push_key";

    /// <summary>Push services take up to 24 h; a clock may be off by hours and the token is still good.</summary>
    private static readonly TimeSpan _life = TimeSpan.FromHours(12);

    private readonly ECDsa _key;

    private PushKeys(byte[] pkcs8)
    {
        _key = ECDsa.Create();
        _key.ImportPkcs8PrivateKey(pkcs8, out _);
        PublicKey = Base64Url.EncodeToString(PushCipher.PointOf(_key.ExportParameters(false).Q));
    }

    /// <summary>What browsers subscribe to: the uncompressed point in base64url.</summary>
    public string PublicKey { get; }

    /// <summary>Makes the key at the first start. Idempotent, also by several nodes at once.</summary>
    public static Task<PushKeys> OpenAsync(Database database, SecretBox box, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await tx.ExecuteAsync(
                "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING",
                ("name", Name), ("value", box.Seal(Convert.ToBase64String(made.ExportPkcs8PrivateKey()), Place)));
            var stored = (await tx.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", Name)))!;
            return new PushKeys(Convert.FromBase64String(box.Open(stored, Place) ?? throw SecretKeys.Wrong(
                "The key for push messages (meta, push_key) was not sealed with this database's key. Restore both from one backup, or delete that row: then all devices register again.")));
        },
        ct);

    /// <summary>The header that proves to the push service of an endpoint who sends.</summary>
    /// <param name="contact">A mailto: or https: address at which the push service can ask who we are.</param>
    public string Authorization(Uri endpoint, string contact, DateTimeOffset now)
    {
        var claims = new MemoryStream();
        using (var json = new Utf8JsonWriter(claims))
        {
            json.WriteStartObject();
            json.WriteString("aud", endpoint.GetLeftPart(UriPartial.Authority));
            json.WriteNumber("exp", (now + _life).ToUnixTimeSeconds());
            json.WriteString("sub", contact);
            json.WriteEndObject();
        }

        var signed = $"{Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8)}.{Base64Url.EncodeToString(claims.ToArray())}";
        byte[] signature;
        lock (_key)
        {
            signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        }

        return $"vapid t={signed}.{Base64Url.EncodeToString(signature)}, k={PublicKey}";
    }

    public void Dispose() => _key.Dispose();
}

/// <summary>Signs what is sent to push services, and says to them where they can ask about it.</summary>
internal sealed class PushSigner(PushKeys keys, PublicLinks links, IOptions<PushOptions> options, IOptions<SmtpOptions> smtp, TimeProvider clock)
{
    public string PublicKey => keys.PublicKey;

    public string Authorization(Uri endpoint) => keys.Authorization(endpoint, Contact, clock.GetUtcNow());

    private string Contact => options.Value.Contact is { Length: > 0 } given ? given
        : links.BaseUrl is { } url && url.StartsWith("https://", StringComparison.Ordinal) ? url
        : smtp.Value.From is { Length: > 0 } from ? $"mailto:{new MailAddress(from).Address}"
        : "mailto:tocsin@example.com";
}

/// <summary>How devices that people register are reached. Section <c>Push</c>.</summary>
public sealed class PushOptions
{
    /// <summary>
    /// Where a push service can ask who sends: <c>mailto:ops@example.com</c> or an https address. Empty: the public address if it is https, else the
    /// sender of mails.
    /// </summary>
    [RegularExpression("^((mailto:.+@.+|https://.+))?$", ErrorMessage = "Contact must begin with mailto: or https://.")]
    public string Contact { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class PushOptionsValidator : IValidateOptions<PushOptions>;
