package iam

import (
	"slices"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// keyring is the access keys of a user or of the root user.
type keyring struct {
	// user is whose keys they are; nil for the root user.
	user *identity.User
	keys []identity.AccessKey
}

// keysOf returns the keys of the user of that name, or of the caller if there is none: a user's own, or the root user's.
func keysOf(c *op.Call, name *string) (keyring, error) {
	if name == nil && isRoot(c) {
		return keyring{keys: c.Account.RootKeys}, nil
	}
	u, err := userOrCaller(c, name)
	if err != nil {
		return keyring{}, err
	}
	return keyring{user: u, keys: u.Keys}, nil
}

// put saves the keyring with other keys in it.
func (k keyring) put(c *op.Call, keys []identity.AccessKey) {
	if k.user == nil {
		i := c.Account.Info
		i.RootKeys = keys
		c.Edit.PutInfo(i)
		return
	}
	u := *k.user
	u.Keys = keys
	c.Edit.PutUser(&u)
}

// find returns the index of the key of that id. A key of somebody else is as unknown as one that does not exist.
func (k keyring) find(id string) (int, error) {
	if i := slices.IndexFunc(k.keys, func(key identity.AccessKey) bool { return key.ID == id }); i >= 0 {
		return i, nil
	}
	return 0, fault.New(iamapi.CodeNoSuchEntity, "The Access Key with id %s cannot be found.", id)
}

// name is what answers call whose keys they are. The root user is called like the account, if that has a name (iam-api.md §5).
func (k keyring) name(c *op.Call) *string {
	if k.user == nil {
		return optional(c.Account.Alias)
	}
	return new(k.user.Name)
}

// createAccessKey is the only call that shows the secret.
func (s *Service) createAccessKey(c *op.Call, in *iamapi.CreateAccessKeyInput) (*iamapi.CreateAccessKeyOutput, error) {
	ring, err := keysOf(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if err := identity.CheckQuota("AccessKeysPerUser", len(ring.keys), c.Edit.Quotas().AccessKeysPerUser); err != nil {
		return nil, err
	}
	key, secret, err := s.mintKey(c)
	if err != nil {
		return nil, fault.Internal(err)
	}
	ring.put(c, append(slices.Clone(ring.keys), key))
	return &iamapi.CreateAccessKeyOutput{AccessKey: &iamapi.AccessKey{
		UserName: ring.name(c), AccessKeyId: new(key.ID), SecretAccessKey: new(secret), Status: keyStatus(key), CreateDate: new(key.Created),
	}}, nil
}

// mintKey makes an access key, sealed, and its secret, for the caller's eyes.
func (s *Service) mintKey(c *op.Call) (key identity.AccessKey, secret string, err error) {
	key = identity.AccessKey{Active: true, Created: identity.Second(c.Time)}
	// Of an id 39 bits are random: among all keys of a large account two could be the same, and one would then stand for the other.
	for taken := true; taken; _, _, taken = c.Account.Key(key.ID) {
		if key.ID, err = credential.AccessKeyID(credential.LongTerm, c.Account.ID, s.Rand); err != nil {
			return key, "", err
		}
	}
	if secret, err = credential.SecretAccessKey(s.Rand); err != nil {
		return key, "", err
	}
	sealer, err := s.Keyring.Sealer(c.Account.ID, c.Account.DataKey)
	if err != nil {
		return key, "", err
	}
	key.Secret, err = sealer.Seal(credential.SecretKey, key.ID, []byte(secret))
	return key, secret, err
}

func (s *Service) listAccessKeys(c *op.Call, in *iamapi.ListAccessKeysInput) (*iamapi.ListAccessKeysOutput, error) {
	ring, err := keysOf(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	id := func(k identity.AccessKey) string { return k.ID }
	keys := slices.Clone(ring.keys)
	sortByName(keys, id)
	out := &iamapi.ListAccessKeysOutput{AccessKeyMetadata: []iamapi.AccessKeyMetadata{}}
	for _, key := range paged(p, keys, id) {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, iamapi.AccessKeyMetadata{
			UserName: ring.name(c), AccessKeyId: new(key.ID), Status: keyStatus(key), CreateDate: new(key.Created),
		})
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) updateAccessKey(c *op.Call, in *iamapi.UpdateAccessKeyInput) (*iamapi.UpdateAccessKeyOutput, error) {
	ring, err := keysOf(c, in.UserName)
	if err != nil {
		return nil, err
	}
	i, err := ring.find(*in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	if *in.Status != iamapi.StatusTypeActive && *in.Status != iamapi.StatusTypeInactive {
		// Only service-specific credentials expire (limits.md §4).
		return nil, fault.New(iamapi.CodeInvalidInput, "The specified value for status is invalid. It must be Active or Inactive.")
	}
	keys := slices.Clone(ring.keys)
	keys[i].Active = *in.Status == iamapi.StatusTypeActive
	ring.put(c, keys)
	return &iamapi.UpdateAccessKeyOutput{}, nil
}

func (s *Service) deleteAccessKey(c *op.Call, in *iamapi.DeleteAccessKeyInput) (*iamapi.DeleteAccessKeyOutput, error) {
	ring, err := keysOf(c, in.UserName)
	if err != nil {
		return nil, err
	}
	i, err := ring.find(*in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	ring.put(c, slices.Delete(slices.Clone(ring.keys), i, i+1))
	return &iamapi.DeleteAccessKeyOutput{}, nil
}

func (s *Service) getAccessKeyLastUsed(c *op.Call, in *iamapi.GetAccessKeyLastUsedInput) (*iamapi.GetAccessKeyLastUsedOutput, error) {
	// onKey has refused keys that the account does not have.
	_, owner, _ := c.Account.Key(*in.AccessKeyId)
	used := &iamapi.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}
	if use, ok := c.State.LastUse(c.Account.ID, identity.KeyUse, *in.AccessKeyId); ok {
		used = &iamapi.AccessKeyLastUsed{LastUsedDate: new(use.Time), ServiceName: new(use.Service), Region: new(use.Region)}
	}
	return &iamapi.GetAccessKeyLastUsedOutput{UserName: keyring{user: owner}.name(c), AccessKeyLastUsed: used}, nil
}

func keyStatus(k identity.AccessKey) *string {
	if k.Active {
		return new(iamapi.StatusTypeActive)
	}
	return new(iamapi.StatusTypeInactive)
}
