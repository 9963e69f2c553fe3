using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Identity;

/// <summary>API keys. Section <c>Keys</c>.</summary>
public sealed class KeyOptions
{
    /// <summary>How many keys of <c>/api-keys</c> an account may have; revoked ones count, deleted ones do not. Default 3, 1 to 100. Also read from <c>MAX_API_KEYS_PER_USER</c>.</summary>
    [Range(1, 100)]
    public int MaxPerAccount { get; set; } = 3;

    /// <summary>A key that opens the data of the first workspace without being made there; at least 16 characters; empty: none. Also read from <c>ADMIN_API_KEY</c>.</summary>
    [RegularExpression("^(.{16,512})?$", ErrorMessage = "AdminKey must have 16 to 512 characters.")]
    public string AdminKey { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class KeyOptionsValidator : IValidateOptions<KeyOptions>;
